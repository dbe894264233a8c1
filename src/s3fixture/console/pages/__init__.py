"""One module for each page, with the addresses that its JavaScript uses."""
