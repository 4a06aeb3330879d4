"""Expectations, variances and what is assumed: formulas about chance and their exact algebra."""
