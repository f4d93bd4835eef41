import Testing

@testable import Models

/// Every error with its text; typed, or the compiler gives up on so long a list.
private let errorTexts: [(error: ModelError, text: String)] = [
  (
    .modelTypeMissing(file: "m/config.json"),
    "m/config.json: no model_type; add the architecture's name, such as \"llama\""
  ),
  (
    .modelTypeUnknown(file: "m/config.json", found: "rwkv", known: ["gpt2", "llama"]),
    "m/config.json: model_type is \"rwkv\", which heed does not know; known are gpt2, llama;"
      + " --family NAME opens it as one of them"
  ),
  (
    .familyUnknown("lama", known: ["gpt2", "llama"]),
    "--family lama: no such family; known are gpt2, llama"
  ),
  (
    .configKeyMissing(file: "m/config.json", key: "n_head"),
    "m/config.json: no n_head; the checkpoint's config.json may be incomplete"
  ),
  (
    .configValue(file: "m/config.json", key: "n_head", found: "0", expected: "a number above 0"),
    "m/config.json: n_head is 0, expected a number above 0"
  ),
  (
    .tensorMissing(checkpoint: "m", name: "wte.weight", shape: [64, 32]),
    "m: no tensor wte.weight of shape [64, 32]; the checkpoint is incomplete or of another "
      + "architecture than config.json says"
  ),
  (
    .tensorShape(checkpoint: "m", name: "w", found: [3, 2], expected: [2, 3]),
    "m: w has shape [3, 2], expected [2, 3]; config.json and weights do not belong together"
  ),
  (
    .tensorType(checkpoint: "m", name: "w", found: "I8"),
    "m: w is stored as I8, expected F64, F32, F16, BF16, F8_E4M3, F8_E5M2 or a GGUF block type;"
      + " convert the checkpoint"
  ),
  (
    .weightNotFinite(checkpoint: "m", name: "w", index: 7),
    "m: w holds an infinite number or NaN at element 7; the checkpoint is damaged"
  ),
  (
    .residualNotFinite(checkpoint: "m", block: 2),
    "m: the residual stream overflows in layer 2 though its weights are finite; try --precision f64"
  ),
  (
    .outputHeadMissing(checkpoint: "m"),
    "m: no output head, so no predictions; open a checkpoint that was saved with its head"
  ),
  (.promptEmpty, "the prompt has no tokens; give a text, or ids with --ids 1,2,3"),
  (
    .promptTooLong(tokens: 65, contextLength: 64),
    "the prompt has 65 tokens, the model's context holds 64; shorten it"
  ),
  (
    .idOutOfRange(id: 64, position: 3, vocabularySize: 64),
    "token id 64 at position 3 is outside the vocabulary, expected 0 to 63"
  ),
  (
    .overBudget(
      work: .run, needed: 3 << 30, budget: 1 << 30, tokens: [.decoder: 4096],
      fitting: [.decoder: 1300],
      fitsRounded: false, file: nil, room: nil),
    "a run of 4096 tokens needs 3 GiB, the budget is 1 GiB; give at most 1300 tokens or raise"
      + " --memory"
  ),
  (
    .overBudget(
      work: .export, needed: 3 << 30, budget: 2 << 30, tokens: [.decoder: 4096],
      fitting: [.decoder: 2700],
      fitsRounded: true, file: nil, room: FileRoom(folder: "/var/tmp", free: 1 << 20)),
    "an export of 4096 tokens needs 3 GiB, the budget is 2 GiB; give at most 2700 tokens, use"
      + " --precision bf16 or raise --memory"
  ),
  (
    .overBudget(
      work: .scores, needed: 3 << 30, budget: 1 << 20, tokens: [.decoder: 4096],
      fitting: [.decoder: 0],
      fitsRounded: false, file: nil, room: nil),
    "scoring all heads of 4096 tokens needs 3 GiB, the budget is 1 MiB; no prompt fits; raise"
      + " --memory"
  ),
  (
    .overBudget(
      work: .backward, needed: 3 << 30, budget: 1 << 30, tokens: [.decoder: 4096],
      fitting: [.decoder: 1300],
      fitsRounded: false, file: 2 << 30, room: FileRoom(folder: "/var/tmp", free: 5 << 20)),
    "a run with gradients of 4096 tokens needs 3 GiB, the budget is 1 GiB; give at most 1300"
      + " tokens, set TMPDIR to a disk with 2 GiB free (/var/tmp has 5 MiB) or raise --memory"
  ),
  (
    .overBudget(
      work: .rerun, needed: 3 << 30, budget: 1 << 30, tokens: [.decoder: 4096],
      fitting: [.decoder: 0],
      fitsRounded: false, file: 2 << 30, room: nil),
    "a run beside another of 4096 tokens needs 3 GiB, the budget is 1 GiB; no prompt fits; set"
      + " TMPDIR to a disk with 2 GiB free or raise --memory"
  ),
  (.noSuchLayer(6, layers: 6), "layer 6: the model has layers 0 to 5"),
  (
    .noSuchHead(HeadIndex(layer: 6, head: 0), layers: 6, heads: 8),
    "L6.H0: the model has layers 0 to 5 with heads 0 to 7 each"
  ),
  (
    .headListUnreadable("L5.X"),
    "L5.X: expected heads or layers separated by commas, such as L5.H1,L3"
  ),
  (.noSuchPosition(17, seq: 17), "position 17: the prompt has tokens 0 to 16"),
  (
    .interventionShape(site: "z of L0.H1", found: [2, 8], expected: [17, 8]),
    "z of L0.H1: numbers of shape [2, 8] cannot replace it, expected [17, 8] or one row of that "
      + "width"
  ),
  (
    .gradientUnderRule("temperature"),
    "gradients pass through softmax over fewer keys, and the rule temperature is something else; "
      + "run without --rule, or with one that hides keys, such as streaming, window or cut"
  ),
  (
    .gradientOfFrozenRun,
    "gradients go through the whole model, and the rule changes each head on its own; use --scope "
      + "propagated, or run without --rule"
  ),
  (
    .cutUnreadable("L5"),
    "L5: found no edges to cut, expected HEADS:QUERY>KEY, such as L5.H1:9>3 or "
      + "L3:*>0;L4.H2:12>1-3"
  ),
  (
    .interventionNotBatched(layer: 2),
    "an intervention in layer 2 changes more than weighted values, so that runs with it cannot "
      + "share a batch; run it alone"
  ),
  (
    .reusedRunDiffers(found: 3, expected: 4),
    "a run of 3 tokens of another prompt or model cannot be continued with 4 tokens; run the "
      + "prompt anew"
  ),
]

@Test(arguments: errorTexts)
func `every model error is one line that says what was found`(error: ModelError, text: String) {
  #expect(error.description == text)
}
