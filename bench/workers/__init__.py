"""The far ends of the Python contestants: each module is run as a process of its own."""
