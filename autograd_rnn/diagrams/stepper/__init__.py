"""A page that plays both passes of a graph, number by number."""
