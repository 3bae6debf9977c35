function answers = run_network(steps, inputs)
%RUN_NETWORK A network in the terms of the framework that saved it, layer by layer: what each layer answers.
%   answers = run_network(steps, inputs)
%
%   steps is a cell of structs, in an order in which each comes after those it takes:
%     kind      'toolbox.conv', 'matconvnet.bnorm', 'legacy.SpatialBatchNorm' ...
%     takes     numbers of what it takes: 1 to numel(inputs) are the inputs, then come the steps in their order
%     sequence  whether it takes sequences, (C,T,N); otherwise images (H,W,C,N), as which rows are (1,1,C,N)
%     options   a struct, as the framework has them
%     arrays    a struct, as the framework stores them
%   inputs is a cell of arrays. answers is a cell with what each step answers, laid out alike.
%
%   Every operation is what the framework's documentation says of it, on the arrays as they are stored.
%   For MATLAB R2016b or newer, and for Octave.

  made = inputs(:)';
  for k = 1:numel(steps)
    step = steps{k};
    x = made(step.takes);
    parts = strsplit(step.kind, '.');
    switch parts{1}
      case 'toolbox'
        y = toolbox_layer(parts{2}, x, step.options, step.arrays, step.sequence);
      case 'matconvnet'
        y = matconvnet_layer(parts{2}, x, step.options, step.arrays);
      case 'legacy'
        y = legacy_layer(parts{2}, x, step.options, step.arrays);
      case 'network'
        y = network_layer(parts{2}, x, step.options, step.arrays);
      case 'weights'
        y = weights_layer(parts{2}, x, step.options, step.arrays);
      otherwise
        error('run_network:kind', 'run_network: no framework %s is known', parts{1});
    end
    made{end + 1} = y; %#ok<AGROW>
  end
  answers = made(numel(inputs) + 1:end);
end
