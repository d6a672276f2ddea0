"""Examples made of documents."""
