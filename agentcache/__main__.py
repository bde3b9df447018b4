"""`python -m agentcache`."""

from agentcache.cli import main

main()
