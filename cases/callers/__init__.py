"""Those who phoned hear back: by text message, or by somebody who calls them.

    mobile.py       a number as it was said -> the number a text message can go to
    lines.py        the line of a case: contact of channel ``sms``
    texts.py        what a text message says, at most 70 characters
    receipt.py      the first message, right after a call was filed
    pairs.py        number and tracking code typed together, which bind a case to a chat
    call_backs.py   whom somebody has to call
    calling.py      the people who call: list, number, what came of it
    hearing.py      what a reply by text message means and does
    reports.py      what the gateway says later about a message
    transcripts.py  the text of a call, kept with the cases that were filed from it
    forgetting.py   all of it gone with the person

A caller is told at the moments at which a chat is told, through the same outbox; nothing here
sends. A case that a chat follows has that chat (``cases.contact_id``), and the text messages end.
"""
