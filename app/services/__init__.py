"""What the program needs beside its window: settings, log, jobs, devices, snapshots."""
