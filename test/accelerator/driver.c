// Stands for libcuda.so.1: two devices that can read each other's memory.
#include <stddef.h>
#include <stdio.h>

int cuInit(unsigned flags) { return flags; }
int cuDeviceGet(int *device, int index) {
  *device = index + 100;
  return index < 2 ? 0 : 101;
}
int cuDeviceGetName(char *name, int size, int device) {
  snprintf(name, size, "Pretend %d", device - 100);
  return 0;
}
int cuDeviceTotalMem_v2(size_t *bytes, int device) {
  *bytes = (size_t)1 << 40;
  return device < 100;
}
int cuDeviceGetUuid_v2(unsigned char *uuid, int device) {
  for (int i = 0; i < 16; i++) uuid[i] = i;
  return device < 100;
}
int cuDeviceGetAttribute(int *value, int attribute, int device) {
  *value = attribute == 75 ? 9 : attribute == 10 ? 32 : attribute == 16 ? 132 : 0;
  return device < 100;
}
int cuDeviceCanAccessPeer(int *can, int device, int peer) {
  *can = device != peer;
  return 0;
}
