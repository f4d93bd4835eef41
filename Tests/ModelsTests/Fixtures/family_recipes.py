"""The tiny checkpoints of make_families.py: one entry for each variant that changes what is computed.

Sizes are chosen so that mistakes show: widths that differ from each other, windows and groups shorter than
the prompt, contexts that the prompt exceeds where something stretches with it.
"""

import transformers as t

V, P = 48, 64
SMALL = dict(vocab_size=V, hidden_size=32, num_hidden_layers=2, num_attention_heads=4, bos_token_id=0,
             eos_token_id=0, pad_token_id=None)
# The shape of Llama: grouped heads, gated MLP.
SHAPE = dict(SMALL, num_key_value_heads=2, intermediate_size=40, max_position_embeddings=P)


def rope(kind="default", theta=10000.0, **more):
    return dict(rope_type=kind, rope_theta=theta, **more)


LONG = [1.0, 1.5, 2.5, 4.0]
SHORT = [1.0, 1.1, 1.2, 1.3]
# The original context is shorter than the prompt: its longer wavelengths are stretched.
LLAMA3 = rope("llama3", factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0,
              original_max_position_embeddings=32)
YARN = rope("yarn", factor=4.0, original_max_position_embeddings=8, beta_fast=4.0, beta_slow=1.0)
EXPERTS = dict(num_experts=6, num_experts_per_tok=2, moe_intermediate_size=24)
LATENT = dict(
    vocab_size=V, hidden_size=32, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=4,
    bos_token_id=0, eos_token_id=0, pad_token_id=None, intermediate_size=40, max_position_embeddings=P,
    qk_nope_head_dim=6, qk_rope_head_dim=4, v_head_dim=10, kv_lora_rank=12, moe_intermediate_size=24,
    n_routed_experts=8, num_experts_per_tok=3, n_shared_experts=2, first_k_dense_replace=1)

RECIPES = {
    "llama-linear": t.LlamaConfig(**SHAPE, rope_parameters=rope("linear", factor=4.0)),
    "llama-dynamic": t.LlamaConfig(
        **{**SHAPE, "max_position_embeddings": 8}, rope_parameters=rope("dynamic", factor=2.0)),
    "llama-llama3": t.LlamaConfig(**SHAPE, rope_parameters=LLAMA3, tie_word_embeddings=True),
    "llama-yarn": t.LlamaConfig(**SHAPE, rope_parameters=YARN),
    "llama-longrope": t.LlamaConfig(
        **SHAPE, rope_parameters=rope(
            "longrope", factor=8.0, long_factor=LONG, short_factor=SHORT,
            original_max_position_embeddings=8)),
    "mistral-window": t.MistralConfig(**SHAPE, head_dim=12, sliding_window=5),
    "mistral-full": t.MistralConfig(**SHAPE, sliding_window=None, rms_norm_eps=1e-3),
    "mixtral": t.MixtralConfig(
        **SHAPE, num_local_experts=5, num_experts_per_tok=2, sliding_window=None),
    "qwen2": t.Qwen2Config(**SHAPE, rope_parameters=rope(theta=1e6)),
    "qwen2-window": t.Qwen2Config(
        **SHAPE, use_sliding_window=True, sliding_window=4, max_window_layers=1,
        tie_word_embeddings=True),
    "qwen2_moe": t.Qwen2MoeConfig(
        **SHAPE, **EXPERTS, shared_expert_intermediate_size=28, norm_topk_prob=False),
    "qwen2_moe-sparse": t.Qwen2MoeConfig(
        **SHAPE, **EXPERTS, shared_expert_intermediate_size=28, norm_topk_prob=True,
        decoder_sparse_step=2),
    "qwen3": t.Qwen3Config(**SHAPE, head_dim=12),
    "qwen3-bias": t.Qwen3Config(**SHAPE, head_dim=8, attention_bias=True, tie_word_embeddings=True),
    "qwen3_moe": t.Qwen3MoeConfig(
        **SHAPE, **EXPERTS, head_dim=12, norm_topk_prob=True, mlp_only_layers=[1]),
    "gemma": t.GemmaConfig(**{**SHAPE, "num_key_value_heads": 1}, head_dim=12),
    "gemma2": t.Gemma2Config(
        **SHAPE, head_dim=12, query_pre_attn_scalar=20, sliding_window=5,
        attn_logit_softcapping=3.0, final_logit_softcapping=4.0),
    # GGUF files have no query_pre_attn_scalar, no layer_types and one base of rotary positions.
    "gemma2-gguf": t.Gemma2Config(
        **SHAPE, head_dim=12, query_pre_attn_scalar=12, sliding_window=5,
        attn_logit_softcapping=3.0, final_logit_softcapping=4.0),
    "gemma3-gguf": t.Gemma3TextConfig(
        **{**SHAPE, "num_hidden_layers": 7, "intermediate_size": 24}, head_dim=12,
        query_pre_attn_scalar=12, sliding_window=5,
        rope_parameters=dict(
            sliding_attention=rope(theta=10000.0),
            full_attention=rope("linear", theta=1000.0, factor=2.0))),
    "gemma3": t.Gemma3TextConfig(
        **{**SHAPE, "num_hidden_layers": 3}, head_dim=12, query_pre_attn_scalar=20,
        sliding_window=5, layer_types=["sliding_attention", "full_attention", "sliding_attention"],
        rope_parameters=dict(
            sliding_attention=rope(theta=100.0),
            full_attention=rope("linear", theta=5000.0, factor=4.0))),
    "phi": t.PhiConfig(
        **SHAPE, rope_parameters=rope(partial_rotary_factor=0.5)),
    "phi-norm": t.PhiConfig(
        **{**SHAPE, "num_key_value_heads": 4}, qk_layernorm=True, hidden_act="gelu",
        rope_parameters=rope(partial_rotary_factor=0.5)),
    "phi3": t.Phi3Config(**SHAPE, sliding_window=6),
    "phi3-long": t.Phi3Config(
        **SHAPE, original_max_position_embeddings=8,
        rope_parameters=rope("longrope", long_factor=LONG, short_factor=SHORT)),
    "olmo": t.OlmoConfig(**SHAPE, clip_qkv=1.0),
    "olmo2": t.Olmo2Config(**SHAPE),
    "starcoder2": t.Starcoder2Config(**SHAPE, sliding_window=5, use_bias=True),
    "stablelm": t.StableLmConfig(
        **SHAPE, use_qkv_bias=True, rope_parameters=rope(partial_rotary_factor=0.25)),
    "stablelm-parallel": t.StableLmConfig(
        **SHAPE, qk_layernorm=True, use_parallel_residual=True,
        rope_parameters=rope(partial_rotary_factor=0.5)),
    "cohere": t.CohereConfig(**SHAPE, logit_scale=0.3),
    "cohere-norm": t.CohereConfig(**SHAPE, use_qk_norm=True),
    "granite": t.GraniteConfig(
        **SHAPE, embedding_multiplier=3.0, logits_scaling=2.5, residual_multiplier=0.4,
        attention_multiplier=0.2, attention_bias=True, mlp_bias=True),
    "smollm3": t.SmolLM3Config(**SHAPE, no_rope_layers=[1, 0]),
    "gpt_neox": t.GPTNeoXConfig(
        **{k: v for k, v in SHAPE.items() if k != "num_key_value_heads"},
        rope_parameters=rope(partial_rotary_factor=0.5)),
    "gpt_neox-sequential": t.GPTNeoXConfig(
        **{k: v for k, v in SHAPE.items() if k != "num_key_value_heads"},
        use_parallel_residual=False, attention_bias=False,
        rope_parameters=rope(partial_rotary_factor=0.25)),
    "gptj": t.GPTJConfig(
        vocab_size=V, n_embd=32, n_layer=2, n_head=4, rotary_dim=4, n_positions=P, bos_token_id=0,
        eos_token_id=0),
    "gpt_neo": t.GPTNeoConfig(
        vocab_size=V, hidden_size=32, num_layers=2, num_heads=4, max_position_embeddings=P,
        attention_types=[[["global", "local"], 1]], window_size=5, bos_token_id=0, eos_token_id=0),
    "opt": t.OPTConfig(
        **SMALL, ffn_dim=40, max_position_embeddings=P, word_embed_proj_dim=32),
    "opt-post": t.OPTConfig(
        **SMALL, ffn_dim=40, max_position_embeddings=P, word_embed_proj_dim=20,
        do_layer_norm_before=False),
    "bloom": t.BloomConfig(
        vocab_size=V, hidden_size=36, n_layer=2, n_head=6, bos_token_id=0, eos_token_id=0),
    "mpt": t.MptConfig(
        vocab_size=V, d_model=36, n_layers=2, n_heads=6, max_seq_len=P,
        bos_token_id=0, eos_token_id=0, attn_config=dict(clip_qkv=1.5)),
    "falcon-multiquery": t.FalconConfig(
        **SMALL, multi_query=True, parallel_attn=True, bias=False, alibi=False),
    "falcon-new": t.FalconConfig(
        **SMALL, new_decoder_architecture=True, num_kv_heads=2, bias=False, alibi=False),
    "falcon-alibi": t.FalconConfig(
        **{**SMALL, "hidden_size": 36, "num_attention_heads": 6}, multi_query=False,
        parallel_attn=False, bias=True, alibi=True),
    "deepseek_v2": t.DeepseekV2Config(
        **LATENT, q_lora_rank=None, topk_method="greedy", routed_scaling_factor=1.5,
        rope_parameters=rope(
            "yarn", factor=4.0, original_max_position_embeddings=8, beta_fast=4, beta_slow=1,
            mscale=0.7, mscale_all_dim=0.9)),
    "deepseek_v2-groups": t.DeepseekV2Config(
        **LATENT, q_lora_rank=16, topk_method="group_limited_greedy", n_group=4, topk_group=2),
    "deepseek_v3": t.DeepseekV3Config(
        **LATENT, q_lora_rank=16, n_group=4, topk_group=2, routed_scaling_factor=1.5,
        norm_topk_prob=True),
    "gpt_oss": t.GptOssConfig(
        **SHAPE, head_dim=12, num_local_experts=5, num_experts_per_tok=2, sliding_window=5,
        rope_parameters=rope(
            "yarn", theta=150000.0, factor=4.0, original_max_position_embeddings=8, beta_fast=4.0,
            beta_slow=1.0, truncate=False)),
    # As released: experts in MXFP4, blocks of 32 along the inputs.
    "gpt_oss-mxfp4": t.GptOssConfig(
        **{**SHAPE, "intermediate_size": 32, "num_hidden_layers": 1}, head_dim=8,
        num_local_experts=3, num_experts_per_tok=2, sliding_window=5),
}
