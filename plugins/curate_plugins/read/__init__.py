"""Readers: the documents in a file."""
