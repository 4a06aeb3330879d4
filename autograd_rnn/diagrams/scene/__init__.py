"""What a picture shows: a graph is read along time and becomes items and edges, in some view."""
