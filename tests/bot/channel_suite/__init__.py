"""What a citizen meets, one test for each behaviour, over every channel.

``wire`` runs over our own Bot API server by long polling, over two simulators nobody here wrote
(by webhook and by long polling) and over the browser chat; ``phone`` leaves the browser out,
for what a page cannot send. The number in a test's name is the behaviour's.
"""
