"""What the pages say of states and faults."""

from __future__ import annotations

from app.core.i18n import _
from app.webhooks.rules.answers import DeliveryState, EndpointState, Fault

#: word and colour of a tag
STATES = {
    EndpointState.ACTIVE: (_("Active"), "green"),
    EndpointState.PAUSED: (_("Paused"), "grey"),
    EndpointState.OFF: (_("Switched off"), "red"),
    DeliveryState.WAITING: (_("Waiting"), "yellow"),
    DeliveryState.DELIVERED: (_("Delivered"), "green"),
    DeliveryState.FAILED: (_("Failed"), "red"),
    DeliveryState.DROPPED: (_("Not sent"), "grey"),
}
FAULTS = {
    Fault.NO_NAME: _("The name of the server is not known. Check the address for a slip, or ask who runs it."),
    Fault.INSIDE: _(
        "The name leads into a private network, where nothing is sent. If that is meant, whoever runs this site can"
        " allow it by name (TOWNSQUARE_WEBHOOKS_ALLOW_PRIVATE)."
    ),
    Fault.NOT_ALLOWED: _(
        "The settings of this site no longer allow such an address: https, and a port that is listed."
    ),
    Fault.REFUSED: _("The server refused the connection. Is the receiver running?"),
    Fault.SLOW_TO_CONNECT: _("The server did not answer a connection within 5 seconds."),
    Fault.UNTRUSTED: _("No trusted encryption: its certificate is out of date, of another name, or of nobody we know."),
    Fault.SILENT: _("No answer within 15 seconds. A receiver should answer at once and do its work afterwards."),
    Fault.BROKEN_OFF: _("The connection ended before an answer came."),
    Fault.GARBLED: _("What came back was no answer of a web server, or its headers had no end."),
    Fault.REDIRECT: _("It sent us to another address, and redirects are not followed. Add the address it leads to."),
    Fault.STATUS: _("It answered with an error."),
    Fault.GONE: _("It answered that nobody is there any more (410)."),
    Fault.SWITCHED_OFF: _("It was not tried, because the address was switched off."),
}
#: what was done -> what is said of it
AFTER = {
    "pause": _("Nothing is sent to it now. What happens meanwhile waits until you resume it."),
    "resume": _("Whatever waited leaves now. What it missed while it was off you can send again."),
    "change": _("It is told this from now on."),
    "replay": _("What failed is sent again now."),
}
