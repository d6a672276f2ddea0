"""Personal data: what it looks like in Chinese and English, where it stands in a text, and what takes its place."""
