"""The work tree as it is now: what git says, what the disk holds."""
