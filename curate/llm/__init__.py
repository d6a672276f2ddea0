"""Requests to language models and other services: what may leave this machine."""
