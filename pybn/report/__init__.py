"""What the commands print: tables that a person likes to read, and versioned JSON."""
