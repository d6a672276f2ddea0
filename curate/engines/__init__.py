"""Machines that run tasks: each has a `map(function, tasks)`."""
