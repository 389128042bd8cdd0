"""A real service under real faults: `service` runs and judges it, `figures` keeps what it took."""
