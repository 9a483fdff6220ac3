/** A bundle in TensorFlow.js as it is published; asked by `stock_page.py`. */
{
  /**
   * @import { LayersModel as Model, SymbolicTensor as Symbolic, Tensor } from '@tensorflow/tfjs'
   * @type {Model}
   */
  let model;

  /** @type {(task: Task, bytes: Uint8Array) => Tensor} */
  const inputOf = ({ shape }, bytes) => tf.tensor(Float32Array.from(bytes), shape, 'float32');

  /**
   * What a model of one output gives.
   * @type {(model: Model, input: Tensor) => Tensor}
   */
  const answerOf = (model, input) => /** @type {Tensor} */ (model.predict(input));

  serve({
    async load({ backend }) {
      tf.wasm.setWasmPaths('');
      if (!(await tf.setBackend(backend))) throw new Error(`${backend} did not start`);
      model = await tf.loadLayersModel('model/model.json');
      return { header: { backend: tf.getBackend(), tfjs: tf.version.tfjs } };
    },

    async predict(task, bytes) {
      const output = tf.tidy(() => answerOf(model, inputOf(task, bytes)));
      const values = await output.data();
      output.dispose();
      return { header: {}, parts: [values] };
    },

    async trace(task, bytes) {
      const layers = model.layers.filter((layer) => layer.getClassName() !== 'InputLayer');
      const outputs = layers.map((layer) => /** @type {Symbolic} */ (layer.getOutputAt(0)));
      const all = tf.model({ inputs: model.inputs, outputs });
      const found = tf.tidy(() => [all.predict(inputOf(task, bytes))].flat());
      const parts = await Promise.all(found.map((tensor) => tensor.data()));
      const header = {
        names: layers.map((layer) => layer.name),
        shapes: found.map((tensor) => tensor.shape),
      };
      tf.dispose(found);
      return { header, parts };
    },
  });
}
