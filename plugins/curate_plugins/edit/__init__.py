"""Edits: what to rewrite."""
