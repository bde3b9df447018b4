"""Meaning: an embedding proposes, structure decides, labelled pairs set the threshold.

Knows the core and the errors; of stores, repositories and servers it knows nothing.
"""
