"""Pages of the console about devices and directories."""
