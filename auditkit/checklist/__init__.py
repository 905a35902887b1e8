"""Checklists: checks as data, how they are read, and the proof that their logic is sound."""
