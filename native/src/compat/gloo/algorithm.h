#pragma once

#include "gloo/stand_in.h"
