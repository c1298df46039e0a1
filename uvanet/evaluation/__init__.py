"""How well models tell where people look: rows, data sets, means with intervals. Without torch."""
