// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace quorate {

/// What a run tells while it goes on. The executor speaks, somebody else shows.
class Progress {
 public:
  virtual ~Progress() = default;
  virtual void step_started(const std::string& id, int total, const std::string& title) = 0;
  /// What is being waited for, at every look; who shows it does so only when it changes.
  virtual void waiting(const std::string& what) = 0;
  virtual void step_ended(const std::string& id, bool done, const std::string& detail) = 0;
  virtual void note(const std::string& text) = 0;
};

}  // namespace quorate
