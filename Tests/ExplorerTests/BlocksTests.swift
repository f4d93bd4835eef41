import Testing
import Tokenizers

@testable import Explorer

/// Maps that are zoomed out so far that one value stands for many weights.
@Suite struct BlocksTests {
  private func state() -> ExplorerState {
    state(tokens: 5000)
  }

  private func state(tokens: Int) -> ExplorerState {
    let tokens = (0..<tokens).map { Token(" \(Subject.sentence[$0 % 7])") }
    var state = ExplorerState(.synthetic(tokens), view: MapView.name)
    state.appearance = Appearance(depth: .mono, charset: .half)
    return state
  }

  @Test func `what is seen in part is asked for in full`() throws {
    let state = state()
    let seen = state.text(80, 24)
    #expect(seen.contains("queries of each"))
    #expect(MapView.questions(state).count == 1)
    // Once the whole is there, nothing is left out.
    let whole = state.answered()
    #expect(!whole.text(80, 24).contains("queries of each"))
    #expect(whole.text(80, 24).contains("max of"))
  }

  @Test func `B changes between the largest weight and the mean`() throws {
    var state = state().answered()
    let largest = state.text(80, 24)
    _ = update(&state, .key(.character("B")))
    #expect(state.blocks == .mean)
    #expect(state.text(80, 24).contains("mean of"))
    #expect(state.text(80, 24) != largest)
    _ = update(&state, .key(.character("B")))
    #expect(state.blocks == .maximum)
  }

  @Test func `a map through a lens is seen in part and asks for nothing`() {
    var state = state()
    state.lens.pool = .average
    #expect(MapView.questions(state).isEmpty)
  }

  @Test func `a small map is whole at once`() {
    let state = state(tokens: 200)
    #expect(MapView.questions(state).isEmpty)
  }
}
