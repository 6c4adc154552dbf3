# SPDX-License-Identifier: Apache-2.0
"""The plugin for DaVinci Resolve: what its menu entries do."""
