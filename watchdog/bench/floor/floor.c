/* The floor of a fork mode: pipes, vfork, exec, a few bytes through, wait. `floor N PROGRAM`
   prints the microseconds of each of N rounds, one per line. Link it statically or not; vfork
   makes the size of the parent irrelevant. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1e6 + t.tv_nsec / 1e3;
}

int main(int argc, char **argv) {
  if (argc != 3) return 2;
  int rounds = atoi(argv[1]);
  char *child[] = {argv[2], NULL};
  double *took = malloc(rounds * sizeof *took);
  for (int i = 0; i < rounds; i++) {
    double begin = now();
    int in[2], out[2], status;
    char answer[64];
    if (pipe2(in, O_CLOEXEC) || pipe2(out, O_CLOEXEC)) return 1;
    pid_t pid = vfork();
    if (pid == 0) {
      dup2(in[0], 0);
      dup2(out[1], 1);
      execv(argv[2], child);
      _exit(127);
    }
    close(in[0]);
    close(out[1]);
    if (pid < 0 || write(in[1], "hello", 5) != 5) return 1;
    close(in[1]);
    while (read(out[0], answer, sizeof answer) > 0) {
    }
    close(out[0]);
    if (waitpid(pid, &status, 0) != pid || status != 0) return 1;
    took[i] = now() - begin;
  }
  for (int i = 0; i < rounds; i++) printf("%.1f\n", took[i]);
  return 0;
}
