"""Training: task, loop, schedule, checkpoint and export. Needs the extra `train`."""
