"""Personal data: what to remove."""
