{# The link key: random in the first database file, copied from `source` into every other one. #}
{% if source %}
EXECUTE BLOCK
AS
    DECLARE v_key VARCHAR(64);
BEGIN
    EXECUTE STATEMENT 'SELECT k.LINK_KEY FROM LINK_KEY k' ON EXTERNAL '{{ source }}' INTO :v_key;
    UPDATE OR INSERT INTO LINK_KEY (NUMBER, LINK_KEY) VALUES (1, :v_key) MATCHING (NUMBER);
END
$$
{% else %}
INSERT INTO LINK_KEY (NUMBER, LINK_KEY)
SELECT 1, HEX_ENCODE(GEN_UUID()) || HEX_ENCODE(GEN_UUID())
  FROM RDB$DATABASE
 WHERE NOT EXISTS (SELECT 1 FROM LINK_KEY)
$$
{% endif %}
