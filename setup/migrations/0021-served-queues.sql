-- The queues that living workers serve; null: all count as served. What waits for another one is given no slot.
alter type taken_slots rename attribute closed_queues to served_queues;
