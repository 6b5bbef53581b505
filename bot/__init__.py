"""The conversation with citizens, whatever the channel.

A channel writes what came into the inbox and acknowledges it; ``engine`` takes it from there
through the pure ``dialogue`` into the use cases of ``cases``; ``relay`` sends what the outbox
holds. ``service.BotService`` starts and stops all of it.
"""
