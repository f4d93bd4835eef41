/// MT19937, the generator of PyTorch on the processor: its seeds give the same tokens there and here.
///
/// Source: Matsumoto and Nishimura 1998; `at::mt19937` in PyTorch.
public struct MersenneTwister: RandomNumberGenerator, Sendable {
  private var state: [UInt32]
  private var index = 624

  /// The generator that `torch.manual_seed` starts.
  public init(seed: UInt32) {
    state = [seed]
    for i in 1..<624 {
      let last = state[i - 1]
      state.append(1_812_433_253 &* (last ^ (last >> 30)) &+ UInt32(i))
    }
  }

  /// The next 32 bits.
  public mutating func next32() -> UInt32 {
    if index == 624 { refill() }
    var y = state[index]
    index += 1
    y ^= y >> 11
    y ^= (y << 7) & 0x9d2c_5680
    y ^= (y << 15) & 0xefc6_0000
    return y ^ (y >> 18)
  }

  /// The next 64 bits.
  public mutating func next() -> UInt64 {
    let high = UInt64(next32())
    return high << 32 | UInt64(next32())
  }

  /// What `torch.randint` draws: the remainder of the next 32 bits.
  public mutating func next(in range: Range<Int>) -> Int {
    range.lowerBound + Int(next32()) % range.count
  }

  private mutating func refill() {
    for i in 0..<624 {
      let y = (state[i] & 0x8000_0000) | (state[(i + 1) % 624] & 0x7fff_ffff)
      state[i] = state[(i + 397) % 624] ^ (y >> 1) ^ (y & 1 == 0 ? 0 : 0x9908_b0df)
    }
    index = 0
  }
}
