"""Asks the desktop portal for a screen or a window, as Wayland requires.

Protocol: https://flatpak.github.io/xdg-desktop-portal/docs/doc-org.freedesktop.portal.ScreenCast.html
"""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from jeepney import DBusAddress, MatchRule, Message, MessageType, message_bus, new_method_call
from jeepney.io.blocking import DBusConnection, Proxy, open_dbus_connection

from uvanet.errors import SourceError
from uvanet.i18n import tr, tr_noop

_BUS_NAME = "org.freedesktop.portal.Desktop"
_PATH = "/org/freedesktop/portal/desktop"
_SCREEN_CAST = DBusAddress(_PATH, _BUS_NAME, "org.freedesktop.portal.ScreenCast")
_MONITOR, _WINDOW = 1, 2  # bits of the portal's source types
_REPLY_S = 20.0  # a portal is started by its first call
_POLL_S = 0.2
_ADVICE = tr_noop(
    "Under Wayland the screen is shared by xdg-desktop-portal: install it with the "
    "part for your desktop (such as xdg-desktop-portal-gnome, -kde or -wlr), or "
    "log in to an X11 session."
)


@dataclass(frozen=True, slots=True)
class SharedStream:
    """The stream of a screen or window that the user agreed to share.

    Attributes:
        remote: File descriptor of a connection to PipeWire; the receiver closes it.
        node: Number of the stream's node.
        size: Width and height in units of the desktop; None if the portal does not state them.
        is_window: Whether the stream shows a window instead of a whole screen.
    """

    remote: int
    node: int
    size: tuple[int, int] | None
    is_window: bool


class ScreenCastPortal:
    """One session of the portal. Not thread-safe.

    Args:
        cancelled: Called while the dialog of the desktop is open; True ends the wait.

    Raises:
        SourceError: There is no session bus.
    """

    def __init__(self, cancelled: Callable[[], bool]) -> None:
        self._cancelled = cancelled
        self._numbers = itertools.count(1)
        self._session = ""
        try:
            self._bus: DBusConnection = open_dbus_connection("SESSION", enable_fds=True)
        except (OSError, KeyError, ValueError, RuntimeError) as error:
            raise SourceError(
                tr("The screen cannot be watched: there is no session bus ({error}).").format(
                    error=error
                ),
                tr(_ADVICE),
            ) from None

    def share(self) -> SharedStream:
        """Opens the desktop's dialog and waits for the user's choice.

        Raises:
            SourceError: The user declined, the wait was cancelled, or there is no portal.
        """
        options = {"session_handle_token": ("s", self._token())}
        self._session = self._request("CreateSession", "", (), options)["session_handle"][1]
        self._watch(MatchRule(type="signal", member="Closed", path=self._session))
        self._request("SelectSources", "o", (self._session,), {"types": ("u", _MONITOR | _WINDOW)})
        results = self._request("Start", "os", (self._session, ""), {})
        streams = results.get("streams", ("", []))[1]
        if not streams:
            raise SourceError(tr("The desktop shared no screen."), tr("Open the source again."))
        node, properties = streams[0]
        (remote,) = self._call("OpenPipeWireRemote", "oa{sv}", (self._session, {})).body
        size = properties.get("size", ("", None))[1]
        return SharedStream(
            remote.to_raw_fd(),
            node,
            tuple(size) if size and min(size) > 0 else None,
            properties.get("source_type", ("u", _MONITOR))[1] == _WINDOW,
        )

    def has_ended(self) -> bool:
        """Whether the user or the desktop ended the sharing."""
        while True:
            try:
                message = self._bus.receive(timeout=0)
            except TimeoutError:
                return False
            except OSError:
                return True
            fields = message.header.fields.values()
            if message.header.message_type is MessageType.signal and "Closed" in fields:
                return True

    def close(self) -> None:
        """Ends the sharing."""
        with contextlib.suppress(OSError):
            if self._session:
                session = DBusAddress(self._session, _BUS_NAME, "org.freedesktop.portal.Session")
                self._bus.send(new_method_call(session, "Close"))
            self._bus.close()

    def _token(self) -> str:
        return f"uvanet{next(self._numbers)}"

    def _request(
        self, method: str, signature: str, arguments: tuple[Any, ...], options: dict[str, Any]
    ) -> dict[str, Any]:
        """Calls a method whose result comes as a signal, once the user has answered."""
        token, name = self._token(), self._bus.unique_name
        assert name is not None
        sender = name.removeprefix(":").replace(".", "_")
        rule = MatchRule(
            type="signal",
            interface="org.freedesktop.portal.Request",
            member="Response",
            path=f"{_PATH}/request/{sender}/{token}",
        )
        options = {**options, "handle_token": ("s", token)}
        # Listens before the call, since the signal may come before the reply.
        with self._bus.filter(rule) as answers:
            self._watch(rule)
            self._call(method, f"{signature}a{{sv}}", (*arguments, options))
            while True:
                if self._cancelled():
                    raise SourceError(tr("The choice of the screen was cancelled."))
                try:
                    answer = self._bus.recv_until_filtered(answers, timeout=_POLL_S)
                    break
                except TimeoutError:
                    continue
        code, results = answer.body
        if code != 0:
            raise SourceError(
                tr("The desktop did not share a screen.")
                if code != 1
                else tr("No screen was chosen."),
                tr("Open the source again and choose a screen or a window."),
            )
        return dict(results)

    def _watch(self, rule: MatchRule) -> None:
        """Subscribes to signals on the bus."""
        Proxy(message_bus, self._bus).AddMatch(rule)

    def _call(self, method: str, signature: str, arguments: tuple[Any, ...]) -> Message:
        try:
            reply = self._bus.send_and_get_reply(
                new_method_call(_SCREEN_CAST, method, signature, arguments), timeout=_REPLY_S
            )
        except (OSError, TimeoutError) as error:
            raise SourceError(
                tr("The desktop portal does not answer: {error}.").format(error=error), tr(_ADVICE)
            ) from None
        if reply.header.message_type is MessageType.error:
            text = reply.body[0] if reply.body else tr("it failed")
            raise SourceError(
                tr("The desktop portal cannot share the screen: {reason}.").format(reason=text),
                tr(_ADVICE),
            )
        return reply
