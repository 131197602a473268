"""Pure values: text goes in, a value comes out, or an error on one line."""
