-- A function of a migration, not of setup/functions: columns have it as their default.

-- A version 7 UUID (RFC 9562): 48 bits of Unix milliseconds, then random bits.
create function uuid7() returns uuid language sql volatile as $$
  select encode(
    set_bit(set_bit(
      overlay(uuid_send(gen_random_uuid())
              placing substring(int8send((extract(epoch from clock_timestamp()) * 1000)::bigint) from 3)
              from 1 for 6),
      52, 1), 53, 1),
    'hex')::uuid
$$;
