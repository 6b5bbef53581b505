"""Text messages to those who phoned.

    signing.py    the signature of what goes to the gateway and comes from it
    gateway.py    the port: one message out, DeliveryError in words of ``bot.channel``
    file_drop.py  the gateway in the box: a line in a file, for a town without one
    webhook.py    the gateway of a provider: a signed POST
    channel.py    the channel: what the outbox holds goes to the gateway
    incoming.py   a citizen's text message, kept and answered
    hooks.py      what the gateway sends us: reports of delivery, text messages of citizens

No conversation is held by text message: the words of a reply that mean something are few
(``cases.callers.hearing``), the rest waits for a person.
"""
