"""The environment variables that lead programs to another home."""

from pathlib import Path

_PARTS = {
    "HOME": "",
    "XDG_CONFIG_HOME": ".config",
    "XDG_CACHE_HOME": ".cache",
    "XDG_DATA_HOME": ".local/share",
    "XDG_STATE_HOME": ".local/state",
}
HOME_VARIABLES = tuple(_PARTS)


def home_variables(home: Path) -> dict[str, str]:
    """The variables of a home in a folder, as desktops have them; makes nothing."""
    return {name: str(home / part) for name, part in _PARTS.items()}
