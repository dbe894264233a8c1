"""One module a page, with what its modules ask for."""
