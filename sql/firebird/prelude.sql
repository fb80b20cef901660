{# What every database needs before its objects. #}
CREATE OR ALTER EXCEPTION RULE_FAILED 'a rule that this rule ran has failed'
$$
