function pybn_matlab()
%PYBN_MATLAB Run the jobs of a batch, one after the other, in this MATLAB: matlab -batch pybn_matlab
%   The environment names the folder of the session; its file `batch` says which jobs to run, each by which program.
%   The answer to NNNNNN.in goes to NNNNNN.out; NNNNNN.done is made once that is whole. NNNNNN.run marks a job as begun.
%
%   MATLAB cannot fork, so that the cases share one process. What a case leaves behind is taken back after it; where
%   something stays, this MATLAB ends, and whoever waits for the rest starts another one.

  warning('off', 'all');
  folder = getenv('PYBN_SESSION');
  home = struct('folder', pwd(), 'path', path(), 'set', @path, 'take', @rmpath);
  tell_about(fullfile(folder, 'about'));
  batch = pybn_read(fullfile(folder, 'batch'));
  loaded = -1;
  for k = batch.first:batch.last
    number = batch.programs(k - batch.first + 1);
    if number ~= loaded
      program = pybn_read(fullfile(folder, sprintf('%06d.program', number)));
      loaded = number;
    end
    pybn_job(program, fullfile(folder, sprintf('%06d', k)), home);
    if k < batch.last && ~pybn_reset(folder)
      break
    end
  end
  fclose(fopen(fullfile(folder, 'leaving'), 'w'));
end

function tell_about(base)
  about = struct('release', version('-release'), 'version', version(), 'blas', '');
  try
    about.blas = version('-blas');
  catch
  end
  pybn_write([base '.out'], about, 'uint16');
  fclose(fopen([base '.done'], 'w'));
end
