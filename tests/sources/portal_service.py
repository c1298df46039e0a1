"""A desktop portal on a private bus, as a child process: python portal_service.py NODE ANSWER.

ANSWER is what its user does: "share", "decline", or "end" (shares, and ends it at once).
"""

from __future__ import annotations

import os
import socket
import sys

from jeepney import DBusAddress, MessageType, message_bus, new_method_return, new_signal
from jeepney.io.blocking import Proxy, open_dbus_connection

PATH = "/org/freedesktop/portal/desktop"
REQUEST, SESSION = "org.freedesktop.portal.Request", "org.freedesktop.portal.Session"


def main() -> None:
    node, answer = int(sys.argv[1]), sys.argv[2]
    bus = open_dbus_connection("SESSION", enable_fds=True)
    Proxy(message_bus, bus).RequestName("org.freedesktop.portal.Desktop")
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    session = ""
    while True:
        message = bus.receive()
        if message.header.message_type is not MessageType.method_call:
            continue
        fields = message.header.fields
        method, sender = fields[3], fields[7]
        if method == "Close":
            sys.stdout.write("closed\n")
            sys.stdout.flush()
            bus.send(new_method_return(message))
            continue
        if method == "OpenPipeWireRemote":
            remote = socket.socket(socket.AF_UNIX)
            remote.connect(os.path.join(os.environ["XDG_RUNTIME_DIR"], "pipewire-0"))
            bus.send(new_method_return(message, "h", (remote,)))
            remote.close()
            if answer == "end":
                ended = DBusAddress(session, interface=SESSION)
                bus.send(new_signal(ended, "Closed", "a{sv}", ({},)))
            continue
        options, name = message.body[-1], sender[1:].replace(".", "_")
        path = f"{PATH}/request/{name}/{options['handle_token'][1]}"
        results: dict[str, tuple[str, object]] = {}
        code = 0
        if method == "CreateSession":
            session = f"{PATH}/session/{name}/{options['session_handle_token'][1]}"
            results = {"session_handle": ("s", session)}
        elif method == "SelectSources":
            assert options["types"] == ("u", 3), options
        elif method == "Start":
            code = 1 if answer == "decline" else 0
            facts = {"size": ("(ii)", (322, 240)), "source_type": ("u", 2)}
            results = {"streams": ("a(ua{sv})", [(node, facts)])}
        # The answer comes before the reply: allowed, and the harder case.
        request = DBusAddress(path, interface=REQUEST)
        bus.send(new_signal(request, "Response", "ua{sv}", (code, results)))
        bus.send(new_method_return(message, "o", (path,)))


if __name__ == "__main__":
    main()
