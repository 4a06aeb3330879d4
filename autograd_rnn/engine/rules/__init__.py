"""The rules of differentiation, one file a family; importing one fills the table."""
