"""Process-wide services: settings, logs, jobs, shutdown."""
