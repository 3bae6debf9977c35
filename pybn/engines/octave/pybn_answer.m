function pybn_answer(base, reply)
%PYBN_ANSWER Write an answer to NNNNNN.out, whole or not at all.

  pybn_write([base '.tmp'], reply, 'uint8');
  rename([base '.tmp'], [base '.out']);
end
