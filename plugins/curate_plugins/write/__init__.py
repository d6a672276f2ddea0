"""Writers: the forms that examples and texts go out in."""
