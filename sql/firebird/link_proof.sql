{#
  What a rule shows to another file instead of the link key: whoever traces his own
  attachment sees it. It is good for one call, with these very arguments, and only once. Who calls
  the rule can cut it off and use its proof himself: it is no secret from its own caller.
#}
{% macro now() %}CAST(CAST('NOW' AS TIMESTAMP WITH TIME ZONE) AT TIME ZONE 'UTC' AS TIMESTAMP){% endmacro %}

{# The key stands at both ends: a hash with the key in front alone could be continued. #}
{% macro proof(nonce) -%}
{{ nonce }} || ' ' || HEX_ENCODE(CRYPT_HASH(k.LINK_KEY || {{ nonce }} || ' ' || :p_what || ' ' || k.LINK_KEY USING SHA256))
{%- endmacro %}

{{ declare('link', 'PROVE_LINK', 'Prove to another file of this installation that a rule is calling.') }}
CREATE OR ALTER PROCEDURE PROVE_LINK (
    p_what VARCHAR(1024)
)
RETURNS (
    o_proof VARCHAR(160)
)
SQL SECURITY DEFINER
AS
    DECLARE v_nonce VARCHAR(57);
BEGIN
    v_nonce = CAST({{ now() }} AS VARCHAR(24)) || ' ' || HEX_ENCODE(GEN_UUID());
    SELECT {{ proof(':v_nonce') }}
      FROM LINK_KEY k
      INTO :o_proof;
    SUSPEND;
END
$$

{{ declare('link', 'CHECK_LINK', 'Refuse whatever a rule of this installation has not proved, or proved before.') }}
CREATE OR ALTER PROCEDURE CHECK_LINK (
    p_proof VARCHAR(160),
    p_what VARCHAR(1024)
)
SQL SECURITY DEFINER
AS
    DECLARE v_nonce VARCHAR(57);
    DECLARE v_oldest VARCHAR(24);
    DECLARE v_forgotten VARCHAR(24);
BEGIN
    v_nonce = LEFT(p_proof, 57);
    v_oldest = CAST(DATEADD(-2 MINUTE TO {{ now() }}) AS VARCHAR(24));
    -- Twice as long: a call that began earlier may still take for good what this one finds too old.
    v_forgotten = CAST(DATEADD(-4 MINUTE TO {{ now() }}) AS VARCHAR(24));
    IF (NOT EXISTS (SELECT 1
                      FROM LINK_KEY k
                     WHERE :v_nonce > :v_oldest
                       AND :p_proof = {{ proof(':v_nonce') }})) THEN
        EXCEPTION LINK_REFUSED;
    IN AUTONOMOUS TRANSACTION DO
    BEGIN
        DELETE FROM LINK_USED WHERE NONCE < :v_forgotten;
        -- Another caller is deleting them.
        WHEN ANY DO
        BEGIN
        END
    END
    IN AUTONOMOUS TRANSACTION DO
        INSERT INTO LINK_USED (NONCE) VALUES (:v_nonce);
    WHEN GDSCODE unique_key_violation DO
        EXCEPTION LINK_REFUSED;
END
$$
