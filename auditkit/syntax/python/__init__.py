"""Python source as data: parsed, never imported, never run."""
