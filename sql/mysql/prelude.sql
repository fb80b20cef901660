{# What a connection must be before it makes an object: frozen into every routine. #}
SET SESSION sql_mode = 'ANSI,TRADITIONAL,NO_BACKSLASH_ESCAPES'
$$
SET SESSION character_set_client = utf8mb4, collation_connection = utf8mb4_bin
$$
